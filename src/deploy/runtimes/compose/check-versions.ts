import { compareVersions, type Finding, isVersion, OnwardError } from '../../../model/index.ts';
import { plainArgv, tryCompose } from './compose-cli.ts';
import type { ComposeContext } from './compose-context.ts';

const OLDEST_COMPOSE = '2.20.0';
/** Docker 20.10. */
const OLDEST_API = 1.41;

/** The compose plugin and the engine, where they are too old or not there. */
export async function checkVersions(context: ComposeContext): Promise<readonly Finding[]> {
  const found = await Promise.all([checkPlugin(context), checkEngine(context)]);
  return found.flatMap((finding) => finding ?? []);
}

async function checkPlugin(context: ComposeContext): Promise<Finding | undefined> {
  try {
    const { stdout } = await tryCompose(context, plainArgv(context, ['version', '--short']));
    const version = /\d+\.\d+\.\d+/.exec(stdout)?.[0] ?? '';
    if (isVersion(version) && compareVersions(version, OLDEST_COMPOSE) >= 0) return undefined;
    const what = version === '' ? 'of an unknown version' : version;
    return tooOld(`the compose plugin is ${what}, and ${OLDEST_COMPOSE} or newer is needed`);
  } catch (error) {
    if (!(error instanceof OnwardError)) throw error;
    return {
      code: error.code,
      severity: 'error',
      message: error.message,
      ...(error.hint === undefined ? {} : { hint: error.hint }),
    };
  }
}

async function checkEngine({ engine }: ComposeContext): Promise<Finding | undefined> {
  // One that does not answer is seen as a place that cannot be reached.
  const answer = await engine.ask({ path: '/version' }).catch(() => undefined);
  if (!answer) return undefined;
  const { ApiVersion = '' } = JSON.parse(answer.body) as { readonly ApiVersion?: string };
  const [major = 0, minor = 0] = ApiVersion.split('.').map(Number);
  if (major + minor / 100 >= OLDEST_API) return undefined;
  return tooOld(`the Docker engine speaks API ${ApiVersion}, and ${OLDEST_API} or newer is needed (Docker 20.10)`);
}

function tooOld(what: string): Finding {
  return {
    code: 'compose.too-old',
    severity: 'error',
    message: `Docker cannot be used as it is: ${what}.`,
    hint: 'Install a newer one, then run the same command again.',
  };
}
