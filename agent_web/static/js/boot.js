/* Runs before the first paint, so that nothing flashes: a theme not chosen yet follows the machine. */
(() => {
  const page = document.documentElement;
  page.dataset.theme ||= matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
})();
