/**
 * `drover migrate /etc/apache2 [TARGET]`: what becomes of an installed httpd. Its configuration is read as it lies there; what
 * drover refuses, would ignore, or does not do yet is told; and a folder is written with two small files, which
 * include the old ones and say what is different for drover: its own PID file, logs and account. Nothing of httpd's
 * is changed, so switching back is starting it again. Command line.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parseArguments } from './arguments.js';
import { messageOf } from './errors.js';
import { loadConfiguration } from './load.js';
import type { Note } from './settings.js';

const TARGET = '/etc/drover/migrated';
const FILES_OF_HTTPD = ['apache2.conf', 'conf/httpd.conf', 'httpd.conf'];

export interface MigrateOutput {
  say: (text: string) => void;
  complain: (text: string) => void;
}

/** returns  exit code: 0 when the written configuration is right, 1 when something must be done by hand first */
export function migrate(words: readonly string[], cwd: string, output: MigrateOutput): number {
  const [from, to = TARGET] = words;
  const main = from === undefined ? undefined : mainFileOf(resolve(cwd, from));
  if (main === undefined) {
    output.complain(
      `Usage: drover migrate DIRECTORY [TARGET]\nno ${FILES_OF_HTTPD.join(', ')} in ${from ?? 'it'}\n`,
    );
    return 1;
  }
  const root = main.file.endsWith('conf/httpd.conf') ? dirname(dirname(main.file)) : dirname(main.file);
  const target = resolve(cwd, to);
  try {
    mkdirSync(target, { recursive: true });
    for (const [name, text] of [
      ['envvars', environmentOf(root)],
      ['drover.conf', configurationOf(main.file, root)],
    ] as const) {
      // What an operator has changed there is not overwritten.
      writeFileSync(join(target, name), text, { flag: 'wx' });
    }
  } catch (error) {
    output.complain(`drover: ${messageOf(error)}\n`);
    return 1;
  }
  return report(join(target, 'drover.conf'), output);
}

function mainFileOf(path: string): { file: string } | undefined {
  const places = [path, ...FILES_OF_HTTPD.map((name) => join(path, name))];
  const file = places.find((place) => /\.conf$/.test(place) && existsSync(place));
  return file === undefined ? undefined : { file };
}

function configurationOf(file: string, root: string): string {
  return `# Made by drover migrate: httpd's configuration as it lies there, and what is different for drover.
# Words that httpd has and drover has not are warnings; take this line away to see them as errors.
EdgeUnsupported warn
ServerRoot "${root}"
Include "${file}"

PidFile /run/drover/drover.pid
# For keepalived, or another balancer in front.
EdgeHealthAddress 127.0.0.1:8079
`;
}

/** Debian's envvars, with drover's folders and account in place of httpd's. */
function environmentOf(root: string): string {
  const script = join(root, 'envvars');
  return `# Made by drover migrate.
${existsSync(script) ? `. "${script}"\n` : ''}export APACHE_PID_FILE=/run/drover/drover.pid
export APACHE_RUN_DIR=/run/drover
export APACHE_LOCK_DIR=/run/drover
export APACHE_LOG_DIR=/var/log/drover
export APACHE_RUN_USER=drover
export APACHE_RUN_GROUP=drover
`;
}

function report(file: string, { say, complain }: MigrateOutput): number {
  const loaded = loadConfiguration(parseArguments(['-f', file], '/'));
  if ('problem' in loaded) {
    complain(loaded.problem);
    say(
      `\n${file} is written, but has to be mended first: see above. drover -t -f ${file} checks it again.\n`,
    );
    return 1;
  }
  const { notes } = loaded.settings;
  say(section('has no effect in drover yet', notes, 'inactive'));
  say(section('httpd has it, drover has not, and goes on without', notes, 'warning'));
  say(section('means nothing to a balancer', notes, 'irrelevant'));
  const rest = loaded.warnings
    .split('\n')
    .filter((line) => line !== '' && !notes.some(({ text }) => line.includes(text)));
  if (rest.length > 0) say(`Besides:\n${rest.map((line) => `  ${line}\n`).join('')}\n`);
  say(`Syntax OK: ${file}

To switch:
  echo 'DROVER_CONFIG=${file}' >> /etc/default/drover
  systemctl disable --now apache2 && systemctl enable drover && systemctl restart drover
To switch back:
  systemctl disable --now drover && systemctl enable --now apache2

Keys that root alone may read, and logs outside /var/log/drover, must be given to the account drover.
`);
  return 0;
}

function section(title: string, notes: readonly Note[], kind: Note['kind']): string {
  const found = notes.filter((note) => note.kind === kind);
  if (found.length === 0) return '';
  return `${title}:\n${found.map(({ at, word, text }) => `  ${at}: ${word}: ${text}\n`).join('')}\n`;
}
