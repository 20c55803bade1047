/* The robot colleague's switch, on whichever page shows it. */
import { T, api, toast, trying } from "./core.js";

export function robot(refresh) {
  document.addEventListener("click", async e => {
    const button = e.target.closest?.("[data-robot]");
    if (!button) return;
    const on = button.dataset.robot === "true";
    button.disabled = true;
    if (await trying(() => api("POST", "/demo/robot", { on }))) toast(on ? T("Робот вышел на смену.") : T("Робот закончил смену."));
    await refresh();
  });
}
