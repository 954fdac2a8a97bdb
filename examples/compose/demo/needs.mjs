import { runChild } from '../../demo/child.mjs';
import { DemoError } from '../../demo/run-demo.mjs';
import { docker, hasImage } from './docker.mjs';

/**
 * Refuses to begin where something is not there that the demo needs, and says how to get it.
 *
 * @param {object} needs
 * @param {Record<string, string>} needs.images that the engine must have, by the option that names another one; none when it may pull them
 * @param {boolean} needs.isRegistryStarted here, with the program `docker-registry`
 */
export async function assertNeeds({ images, isRegistryStarted }) {
  await assertAnswers(['version', '--format', '{{.Server.Version}}'], 'a Docker engine that this user may use');
  await assertAnswers(['compose', 'version'], "Docker's compose plugin");
  const missing = [];
  for (const [option, image] of Object.entries(images)) if (!(await hasImage(image))) missing.push({ option, image });
  if (missing.length > 0) {
    const names = missing.map(({ image }) => image).join(', ');
    const others = missing.map(({ option }) => `--${option}`).join(', ');
    throw lacking(
      `images that this engine does not have: ${names}. Let it fetch them with --pull, or name others with ${others}`,
    );
  }
  if (isRegistryStarted && !(await isInstalled('docker-registry')))
    throw lacking(
      'a registry. Install docker-registry, or name one with --registry, such as that of "docker run -d -p 127.0.0.1:5000:5000 registry:2": --registry 127.0.0.1:5000',
    );
}

async function assertAnswers(question, what) {
  await docker(question).catch((error) => {
    const said = error.code === 'ENOENT' ? 'there is no program "docker" here' : error.message;
    throw lacking(`${what}: ${said.replace(`docker ${question.join(' ')}: `, '').replace(/\.$/, '')}`);
  });
}

function isInstalled(program) {
  return runChild(program, ['--version'], { signal: AbortSignal.timeout(10_000) }).then(
    () => true,
    () => false,
  );
}

function lacking(what) {
  return new DemoError(`This demo needs ${what}`, { exit: 2 });
}
