// What happens on the operator's page, with the computer's own clock (ms since 1970), so that it can be laid beside the journal.
// window.benchTimes(): the last instant of each kind; forgets them, so ask once a call.
(() => {
  let times = {};
  const note = (what, at = performance.now()) => { times[what] = performance.timeOrigin + at; };
  new MutationObserver(() => note(`phone ${document.body.dataset.phone}`)).observe(document.body, { attributeFilter: ["data-phone"] });
  document.addEventListener("click", (event) => event.target.closest("#answer") && note("click"), true);
  new PerformanceObserver((list) => list.getEntriesByName("painted").forEach((mark) => note("painted", mark.startTime))).observe({ entryTypes: ["mark"] });
  window.benchTimes = () => { const seen = times; times = {}; return seen; };
})();
