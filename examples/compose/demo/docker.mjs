import { runChild } from '../../demo/child.mjs';

const LIMIT_MS = 120_000;

/**
 * Runs `docker` with these words; resolves with what it printed, without the last line break. Two minutes at most unless a signal is given.
 *
 * @param {readonly string[]} args
 * @param {{ cwd?: string, signal?: AbortSignal }} [options]
 * @returns {Promise<string>}
 */
export async function docker(args, { cwd, signal = AbortSignal.timeout(LIMIT_MS) } = {}) {
  // The builder that every engine has; the other one takes no base that only this engine knows.
  const environment = { DOCKER_BUILDKIT: '0' };
  const settings = { environment, signal, ...(cwd ? { cwd } : {}) };
  const { exit, stdout, stderr } = await runChild('docker', args, settings);
  if (exit !== 0) throw new Error(`docker ${args.join(' ')}: ${stderr.trim() || `ended with ${exit}`}`);
  return stdout.replace(/\n$/, '');
}

/** Whether the engine has an image already. @param {string} reference */
export function hasImage(reference) {
  return docker(['image', 'inspect', '--format', '{{.Id}}', reference]).then(
    () => true,
    () => false,
  );
}

/**
 * Each container of a project, with all that tells whether somebody has touched it since.
 *
 * @typedef {object} ContainerView
 * @property {string} id
 * @property {string} service
 * @property {string} state
 * @property {string} startedAt
 *
 * @param {string} project
 * @returns {Promise<ContainerView[]>}
 */
export async function listContainers(project) {
  const label = (/** @type {string} */ name) => `{{index .Config.Labels "com.docker.compose.${name}"}}`;
  const format = `{{.Id}} ${label('service')} {{.State.Status}} {{.State.StartedAt}}`;
  const ids = await docker(['ps', '--all', '--quiet', '--filter', `label=com.docker.compose.project=${project}`]);
  if (ids === '') return [];
  const lines = await docker(['inspect', '--format', format, ...ids.split('\n')]);
  const views = lines.split('\n').map((line) => {
    const [id = '', service = '', state = '', startedAt = ''] = line.split(' ');
    return { id, service, state, startedAt };
  });
  return views.sort((a, b) => (a.id < b.id ? -1 : 1));
}
