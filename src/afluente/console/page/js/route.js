// Where one is: `#/view/part/part`, each part percent-encoded.

export const VIEWS = ["overview", "stream", "delivery", "lake", "catalog", "sql"];

export const parts = () => location.hash.replace(/^#\/?/, "").split("/").filter(Boolean).map(decodeURIComponent);

export const link = (...path) => `#/${path.map(encodeURIComponent).join("/")}`;

export const go = (...path) => (location.hash = link(...path));
