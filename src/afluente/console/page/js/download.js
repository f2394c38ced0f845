// Saving an object as a file.

import { downloadLink } from "./aws.js";
import { h } from "./dom.js";
import { link } from "./route.js";

// A link that is signed when it is pressed, so that it lives no longer than it must.
export function downloadOf(text, bucket, key) {
  const save = (event) => {
    event.preventDefault();
    h("a", { href: downloadLink(bucket, key), download: "", rel: "noopener" }).click();
  };
  return h("a", { href: link("lake", bucket, "o", key), onclick: save }, text);
}
