import { makeSvg } from './dom.js';

/** Drawn with one line each, on 24 by 24. */
const lines = {
  tea: 'M4 9h12v6a4 4 0 0 1-4 4H8a4 4 0 0 1-4-4zM16 10h2a2.5 2.5 0 0 1 0 5h-2M8 3v3M12 3v3',
  book: 'M5 19.5V4.5A1.5 1.5 0 0 1 6.5 3H19v15H6.5A1.5 1.5 0 0 0 5 19.5 1.5 1.5 0 0 0 6.5 21H19v-3M9 7.5h6',
  headphones:
    'M4 15v-2a8 8 0 0 1 16 0v2M4 14.5h3v5H5.5A1.5 1.5 0 0 1 4 18zM20 14.5h-3v5h1.5A1.5 1.5 0 0 0 20 18z',
  castle: 'M4 21V6h3v2.5h2.5V6h5v2.5H17V6h3v15zM10 21v-4a2 2 0 0 1 4 0v4',
};

/** @param {keyof typeof lines} name */
export function picture(name) {
  return makeSvg(
    'svg',
    { class: 'picture', viewBox: '0 0 24 24', 'aria-hidden': 'true', focusable: 'false' },
    makeSvg('path', { d: lines[name] }),
  );
}
