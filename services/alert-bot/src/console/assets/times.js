// Times as the reader has them: local, and for what is near how far off it is, counted on each second.

const full = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
const clock = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' });

/** As `short` of the server writes it: two units at most. */
function short(milliseconds) {
  const unit = milliseconds >= 86_400_000 ? 3_600 : milliseconds >= 3_600_000 ? 60 : 1;
  let rest = Math.round(milliseconds / 1_000 / unit) * unit;
  let text = '';
  for (const [name, size] of [
    ['d', 86_400],
    ['h', 3_600],
    ['m', 60],
    ['s', 1],
  ]) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) text += `${count}${name}`;
  }
  return text || '0s';
}

function show(element) {
  const at = Date.parse(element.dateTime);
  if (Number.isNaN(at)) return;
  const off = at - Date.now();
  const text = element.hasAttribute('data-relative')
    ? off > 0
      ? `in ${short(off)}`
      : `${short(-off)} ago`
    : new Date(at).toDateString() === new Date().toDateString()
      ? clock.format(at)
      : full.format(at);
  if (element.textContent !== text) element.textContent = text;
  if (element.title === '') element.title = `${full.format(at)} (${element.dateTime})`;
}

export function showTimes() {
  for (const element of document.querySelectorAll('time[datetime]')) show(element);
}

export function keepTimes() {
  showTimes();
  setInterval(() => {
    if (document.hidden) return;
    for (const element of document.querySelectorAll('time[data-relative]')) show(element);
  }, 1_000);
}
