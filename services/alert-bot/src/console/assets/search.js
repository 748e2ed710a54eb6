// Searches in the evidence of an incident: what does not hold the text is hidden, line by line, and the rest is marked.

const field = () => document.querySelector('#evidence-search');
/** The text of each piece as it came; it is cut into lines only while somebody searches. */
const whole = new WeakMap();

function mark(line, text) {
  const row = document.createElement('span');
  const lower = line.toLowerCase();
  let from = 0;
  for (let at = lower.indexOf(text); at >= 0; at = lower.indexOf(text, from)) {
    row.append(line.slice(from, at));
    const found = document.createElement('mark');
    found.textContent = line.slice(at, at + text.length);
    row.append(found);
    from = at + text.length;
  }
  row.append(`${line.slice(from)}\n`);
  return row;
}

function search() {
  const text = field().value.trim().toLowerCase();
  let count = 0;
  for (const piece of document.querySelectorAll('details.evidence')) {
    const pre = piece.querySelector('pre');
    if (!whole.has(pre)) whole.set(pre, pre.textContent);
    const lines = whole.get(pre).split('\n');
    const found = text === '' ? lines : lines.filter((line) => line.toLowerCase().includes(text));
    if (text === '') pre.textContent = whole.get(pre);
    else pre.replaceChildren(...found.map((line) => mark(line, text)));
    piece.hidden = text !== '' && found.length === 0;
    if (text !== '' && found.length > 0) {
      piece.open = true;
      count += found.length;
    }
  }
  const lines = count === 1 ? '1 line has it' : `${count} lines have it`;
  document.querySelector('#evidence-found').textContent = text === '' ? '' : lines;
}

export function keepSearch() {
  const again = () => {
    if (field() !== null && field().value !== '') search();
  };
  document.addEventListener('input', (event) => {
    if (event.target === field()) search();
  });
  // A refresh brought the text back as it was.
  document.addEventListener('refreshed', again);
  // Somebody may type faster than this is loaded.
  again();
}
