// @ts-check
// The line of little bars: decisions a minute over the last hour, the denied part of each in its own colour and from the ground up.

import { fill, s } from "./dom.js";

const WIDTH = 240;
const HEIGHT = 32;
const STEP = WIDTH / 60;

/** @returns {SVGElement} */
export function spark() {
  return s("svg", { class: "spark", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true" });
}

/**
 * @param {SVGElement} svg
 * @param {{all: number, denied: number}[]} minutes
 */
export function drawSpark(svg, minutes) {
  const most = Math.max(4, ...minutes.map((minute) => minute.all));
  const bar = (
    /** @type {number} */ index,
    /** @type {number} */ count,
    /** @type {number} */ under,
    /** @type {string} */ kind,
  ) => {
    const height = (count / most) * (HEIGHT - 1);
    const foot = (under / most) * (HEIGHT - 1);
    return s("rect", { class: kind, x: index * STEP + 0.5, width: STEP - 1.2, y: HEIGHT - height - foot, height });
  };
  fill(
    svg,
    s("rect", { class: "ground", x: 0, y: HEIGHT - 1, width: WIDTH, height: 1 }),
    minutes.map((minute, index) => [
      minute.denied > 0 && bar(index, minute.denied, 0, "denied"),
      minute.all > minute.denied && bar(index, minute.all - minute.denied, minute.denied, "others"),
    ]),
  );
}
