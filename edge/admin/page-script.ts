/**
 * The little script of the manager's page: it keeps what is shown fresh while the page is looked at, and nothing else.
 * Without it everything works, only that one has to reload. The Content-Security-Policy lets it in by its hash.
 */
import { SAMPLE_EVERY } from './history.js';

export const SCRIPT = `
(() => {
  const root = document.querySelector('main[data-source]');
  const light = document.querySelector('.live');
  if (!root || !light) return;
  const source = root.dataset.source;
  const shape = root.dataset.shape;
  const show = (values) => {
    for (const node of document.querySelectorAll('[data-live]')) {
      const text = values.texts[node.dataset.live];
      if (text !== undefined && node.textContent !== text) node.textContent = text;
    }
    for (const node of document.querySelectorAll('[data-path]')) {
      const path = values.paths[node.dataset.path];
      if (path !== undefined) node.setAttribute('d', path);
    }
    for (const node of document.querySelectorAll('[data-member]')) {
      const standing = values.standings[node.dataset.member];
      if (standing !== undefined) node.dataset.standing = standing;
    }
    light.textContent = values.shape === shape ? 'live' : 'Members have come or gone: load the page again.';
    light.toggleAttribute('data-on', values.shape === shape);
  };
  const ask = async () => {
    if (document.hidden) return;
    try {
      const answer = await fetch(source, { headers: { Accept: 'application/json' } });
      if (!answer.ok) throw new Error(String(answer.status));
      show(await answer.json());
    } catch {
      light.textContent = 'no answer: what is shown is old';
      light.removeAttribute('data-on');
    }
  };
  const opened = document.querySelector('details[data-selected]');
  if (opened) opened.scrollIntoView({ block: 'start' });
  document.addEventListener('visibilitychange', ask);
  setInterval(ask, ${SAMPLE_EVERY});
  ask();
})();
`;
