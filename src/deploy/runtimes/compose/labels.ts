/** What Onward writes on the containers that it makes. */
export const LABELS = {
  deployment: 'dev.onward.deployment',
  service: 'dev.onward.service',
  /** The id of an instance without its number. */
  base: 'dev.onward.base',
  kind: 'dev.onward.kind',
  release: 'dev.onward.release',
  identity: 'dev.onward.identity',
  /** What the engine called the image of that identity when the container was made. */
  image: 'dev.onward.image',
  config: 'dev.onward.config',
  run: 'dev.onward.run',
  command: 'dev.onward.command',
} as const;

/** What Compose writes on its own. */
export const COMPOSE_LABELS = {
  project: 'com.docker.compose.project',
  service: 'com.docker.compose.service',
  number: 'com.docker.compose.container-number',
  oneOff: 'com.docker.compose.oneoff',
} as const;
