/* Sign-in: the password may be shown. */
import { $ } from "./core.js";

$("#show").onclick = e => {
  const field = $("#p"), shown = field.type === "password";
  field.type = shown ? "text" : "password";
  e.currentTarget.setAttribute("aria-pressed", shown);
};
