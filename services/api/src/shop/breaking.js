import { ask, inWords, isGood } from './api.js';
import { byId, make, showProblem } from './dom.js';
import { inShort, troubles } from './faults.js';

/**
 * The panel that breaks things. `onTraffic` is called when the list may have changed.
 * @param {() => void} onTraffic
 */
export function setUpBreaking(onTraffic) {
  const tokenForm = byId('token-form', HTMLFormElement);
  const token = byId('token', HTMLInputElement);
  const problem = byId('faults-problem', HTMLElement);
  const panel = byId('panel', HTMLElement);
  const inForce = byId('inforce', HTMLElement);

  /**
   * @param {string} method
   * @param {unknown} [body]
   */
  const askFaults = async (method, body) => {
    const headers = { authorization: `Bearer ${token.value.trim()}` };
    const answer = await ask(method, '/faults', body === undefined ? { headers } : { headers, body });
    showProblem(problem, isGood(answer) ? undefined : inWords(answer));
    if (isGood(answer)) showInForce(answer.body.faults, answer.body.crashing === true);
    return answer;
  };

  /**
   * @param {Record<string, unknown>[]} list
   * @param {boolean} crashing
   */
  const showInForce = (list, crashing) => {
    inForce.dataset['state'] = list.length > 0 || crashing ? 'bad' : 'good';
    const items = list.map((fault) => make('li', {}, inShort(fault)));
    if (crashing) items.push(make('li', {}, 'Crash: the process has ended'));
    inForce.replaceChildren(
      make('strong', {}, items.length > 0 ? 'In force' : 'Nothing is broken'),
      ...(items.length > 0 ? [make('ul', {}, ...items)] : []),
    );
  };

  tokenForm.addEventListener('submit', async (event) => {
    event.preventDefault();
    if (token.value.trim() === '') {
      showProblem(problem, 'Give the token: the line below says how to find it.');
      token.focus();
      return;
    }
    panel.hidden = !isGood(await askFaults('GET'));
    (panel.hidden ? token : inForce).focus();
  });
  byId('clear', HTMLButtonElement).addEventListener('click', () => void askFaults('DELETE'));
  /** @param {{ kind: string }} body */
  const start = async (body) => {
    if (body.kind === 'burst') await Promise.all(Array.from({ length: 20 }, () => ask('GET', '/error')));
    else await askFaults('POST', body);
  };
  byId('faults', HTMLElement).append(...troubles.map((trouble) => card(trouble, start)));
  setUpCrowd(onTraffic);

  // Where the page is, they are too.
  for (const id of ['link-prometheus', 'link-alertmanager'])
    byId(id, HTMLAnchorElement).hostname = location.hostname;
}

/**
 * @param {import('./faults.js').Trouble} trouble
 * @param {(body: { kind: string }) => Promise<void>} start
 */
function card({ kind, title, does, fields, sticky, command, alert, acts, outcome }, start) {
  const form = make(
    'form',
    { class: 'fault', 'data-kind': kind },
    make('h3', {}, title),
    make('p', {}, does),
  );
  const inputs = fields.map(({ name, label, value, min, max, scale = 1 }) => {
    const range = { min: String(min), max: String(max) };
    const input = make('input', { type: 'number', name, value: String(value), ...range, required: '' });
    return { name, scale, input, label: make('label', { class: 'field' }, label, input) };
  });
  const keep = make('input', { type: 'checkbox', name: 'sticky', class: 'tick' });
  const button = make('button', { type: 'submit', class: 'danger' }, 'Break');
  const controls = make('div', { class: 'controls' }, ...inputs.map(({ label }) => label));
  if (sticky) controls.append(make('label', { class: 'check', title: 'kept over restarts' }, keep, 'sticky'));
  controls.append(command === undefined ? button : make('code', {}, command));

  const watch = make(
    'dl',
    { class: 'watch' },
    make('dt', {}, 'Alert'),
    make('dd', {}, make('code', {}, alert)),
    make('dt', {}, 'The bot'),
    make(
      'dd',
      {},
      make('span', { class: acts ? 'badge acts' : 'badge tells' }, acts ? 'acts' : 'leaves it to people'),
    ),
    make('dt', {}, 'Then'),
    make('dd', {}, outcome),
  );
  form.append(controls, watch);
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const values = Object.fromEntries(
      inputs.map(({ name, scale, input }) => [name, input.valueAsNumber / scale]),
    );
    button.disabled = true;
    await start({ kind, ...values, ...(keep.checked ? { sticky: true } : {}) });
    button.disabled = false;
  });
  return form;
}

/**
 * Twenty users at once: enough for every rule that wants to have seen some.
 * @param {() => void} onTraffic
 */
function setUpCrowd(onTraffic) {
  const button = byId('crowd', HTMLButtonElement);
  const said = byId('crowd-said', HTMLElement);
  button.addEventListener('click', async () => {
    button.disabled = true;
    said.textContent = 'Buying…';
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask('POST', '/transactions/create')));
    const good = answers.filter(isGood).length;
    const declined = answers.filter(({ status }) => status === 402).length;
    said.textContent = `${good} paid, ${declined} declined, ${answers.length - good - declined} failed.`;
    button.disabled = false;
    onTraffic();
  });
}
