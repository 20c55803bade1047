/* Promised calls: the list comes anew with the board's news; what is typed or chosen waits for its button. */
import { ready } from "./core.js";
import { live } from "./parts.js";

await ready;
live();
