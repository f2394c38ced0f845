// S3 and STS answer in XML.

const trusted = window.trustedTypes?.createPolicy("afluente-xml", { createHTML: (text) => text });

// A document that is only read, never put into the page.
export function parseXml(text) {
  return new DOMParser().parseFromString(trusted?.createHTML(text) ?? text, "application/xml").documentElement;
}

export const textOf = (element, name) => element.getElementsByTagName(name)[0]?.textContent ?? "";
