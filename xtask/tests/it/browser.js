// Looks at the pages in the frames of this page, and writes what it saw into the element `seen` as JSON.
"use strict";

// The least contrast of text against its background (WCAG 2.2, success criterion 1.4.3).
const CONTRAST = 4.5;

function channels(colour) {
    const [red, green, blue, alpha = 1] = colour.match(/[\d.]+/g).map(Number);
    return { red, green, blue, alpha };
}

// The relative luminance of a colour, as WCAG 2.2 defines it.
function luminance({ red, green, blue }) {
    const linear = [red, green, blue].map(value => {
        const share = value / 255;
        return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
}

function background(element, view) {
    for (let at = element; at; at = at.parentElement) {
        const colour = channels(view.getComputedStyle(at).backgroundColor);
        if (colour.alpha === 1) return colour;
    }
    return { red: 255, green: 255, blue: 255 };
}

function contrast(element, view) {
    const [one, other] = [channels(view.getComputedStyle(element).color), background(element, view)].map(luminance);
    return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
}

function look(frame) {
    const view = frame.contentWindow, page = frame.contentDocument, faults = [];
    // Folded parts are looked at, too.
    for (const details of page.querySelectorAll("details")) details.open = true;
    const root = page.documentElement;
    if (root.scrollWidth > root.clientWidth) {
        faults.push(`scrolls at ${frame.width}: ${root.scrollWidth} pixels`);
    }
    const links = [...page.querySelectorAll("a[href^='#']")];
    for (const link of links) {
        if (!page.getElementById(link.hash.slice(1))) faults.push(`${link.hash} is nowhere`);
    }
    const end = page.querySelector("h2");
    const isEarly = link => !end || link.compareDocumentPosition(end) & Node.DOCUMENT_POSITION_FOLLOWING;
    const articles = [...page.querySelectorAll("article")];
    for (const article of articles) {
        if (!links.some(link => link.hash === `#${article.id}` && isEarly(link))) faults.push(`no link to ${article.id}`);
    }
    for (const image of page.images) {
        if (image.naturalWidth === 0) faults.push(`no picture: ${image.getAttribute("src").slice(0, 60)}`);
    }
    const walker = page.createTreeWalker(page.body, NodeFilter.SHOW_TEXT);
    let texts = 0;
    for (let text = walker.nextNode(); text; text = walker.nextNode()) {
        const element = text.parentElement;
        if (!text.data.trim() || ["SCRIPT", "STYLE"].includes(element.tagName)) continue;
        texts += 1;
        const found = contrast(element, view);
        if (found < CONTRAST) faults.push(`contrast ${found.toFixed(2)}: ${text.data.trim().slice(0, 40)}`);
    }
    const dark = view.matchMedia("(prefers-color-scheme: dark)").matches;
    return { width: Number(frame.width), dark, findings: articles.length, texts, faults };
}

addEventListener("load", () => {
    const seen = [...document.querySelectorAll("iframe")].map(look);
    const shown = document.createElement("pre");
    shown.id = "seen";
    shown.textContent = JSON.stringify(seen);
    document.body.replaceChildren(shown);
});
