import type { System } from '../../system/index.ts';
import { parseContainers } from '../compose/parse-containers.ts';
import type { Container } from '../compose/project.ts';
import { stepFailed } from './errors.ts';

const LIMIT_MS = 120_000;

/** What the traffic step asks of Docker: the project through Compose, single containers directly. */
export interface DockerCalls {
  /** Plain `docker compose` in the operator's folder: what it reads is what its operator gets. */
  compose(...argv: readonly string[]): Promise<string>;
  docker(...argv: readonly string[]): Promise<string>;
  /** Containers of a service of the project, those that do not run included. */
  list(service: string): Promise<readonly Container[]>;
}

export function createDockerCalls(
  system: System,
  project: { readonly folder: string; readonly name: string; readonly envFiles: readonly string[] },
): DockerCalls {
  const run = async (argv: readonly string[], environment: { readonly [name: string]: string } = {}) => {
    const result = await system.exec.run(['docker', ...argv], {
      cwd: project.folder,
      environment: { ...system.environment, ...environment },
      timeoutMs: LIMIT_MS,
      keepBytes: 16 * 1024 * 1024,
    });
    if (result.exitCode === 0) return result.stdout.trim();
    const said = findReason(system.redaction.apply(result.stderr));
    const why = result.timedOut ? `it has not ended within ${LIMIT_MS / 1000} s` : said;
    throw stepFailed(`run docker ${argv.slice(0, 2).join(' ')}`, why.replace(/\.$/, ''));
  };
  const docker = (...argv: readonly string[]) => run(argv);
  return {
    docker,
    compose: (...argv) =>
      run(
        [
          ...['compose', '--ansi', 'never', '--project-name', project.name, '--profile', '*'],
          ...project.envFiles.flatMap((file) => ['--env-file', file]),
          ...argv,
        ],
        { COMPOSE_IGNORE_ORPHANS: '1' },
      ),
    async list(service) {
      const filters = [
        `label=com.docker.compose.project=${project.name}`,
        `label=com.docker.compose.service=${service}`,
      ];
      const found = await docker(
        'ps',
        '--all',
        '--quiet',
        '--no-trunc',
        ...filters.flatMap((one) => ['--filter', one]),
      );
      if (found === '') return [];
      return parseContainers(await docker('container', 'inspect', ...found.split('\n')), {});
    },
  };
}

/** The last line is the reason, unless it sends people to the help of docker. */
function findReason(stderr: string): string {
  const lines = stderr.split('\n').map((line) => line.trim());
  return lines.findLast((line) => line !== '' && !/^Run '.* --help'/.test(line)) ?? '';
}
