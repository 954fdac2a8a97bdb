// Preloaded into the tool (`--import`): counts what it does to files of EFFECTS_WITHIN and through docker, writes one line for each to EFFECTS_LOG,
// and kills it at the one that EFFECTS_KILL names, by its number or by how it begins. A docker command counts twice: when it has been started, which goes on without the tool, and
// when it has ended.
import childProcess from 'node:child_process';
import { appendFileSync } from 'node:fs';
import files from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';

const { EFFECTS_LOG = '', EFFECTS_KILL = '', EFFECTS_WITHIN = '' } = process.env;
const LOOKS = /^(ps|version|context|(container|image|network) inspect|(compose|network) .*\b(config|ps|ls|version)\b)/;
let count = 0;

function note(what) {
  count += 1;
  appendFileSync(EFFECTS_LOG, `${what}\n`);
  const isIt = /^\d+$/.test(EFFECTS_KILL)
    ? count === Number(EFFECTS_KILL)
    : EFFECTS_KILL && what.startsWith(EFFECTS_KILL);
  if (isIt) process.kill(process.pid, 'SIGKILL');
}

/** The lease's own files are renewed whenever it is time. */
const isOurs = (path) => path.startsWith(EFFECTS_WITHIN) && !/\/\.onward(\/(?!adopt\/)|$)/.test(path);

for (const name of ['rename', 'mkdir', 'link', 'rm']) {
  const original = files[name];
  files[name] = async (...args) => {
    const done = await original(...args);
    const path = String(args[name === 'rename' || name === 'link' ? 1 : 0]);
    if (isOurs(path)) note(`${name} ${path.slice(EFFECTS_WITHIN.length + 1)}`);
    return done;
  };
}

const { spawn } = childProcess;
childProcess.spawn = (program, args, options) => {
  const child = spawn(program, args, options);
  const text = args.filter((each) => !/^(--ansi|never|--profile|\*|--project-name|onward-.*)$/.test(each)).join(' ');
  if (program !== 'docker' || LOOKS.test(text)) return child;
  child.once('spawn', () => note(`begins docker ${text}`));
  child.once('close', () => note(`ends docker ${text}`));
  return child;
};
syncBuiltinESMExports();
