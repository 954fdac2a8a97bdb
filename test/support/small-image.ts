import { docker, PROJECT_LABEL } from './docker.ts';
import { busyboxImage } from './images.ts';

/** An image of a few megabytes that runs nothing, for what pushes and compares images; another `content` gives another digest. */
export async function buildSmallImage(project: string, content: string): Promise<string> {
  const reference = `${project}/small:${content}`;
  const input = `FROM ${await busyboxImage()}\nLABEL ${PROJECT_LABEL}=${project} content=${content}\n`;
  await docker(['build', '--quiet', '--tag', reference, '-'], { input });
  return reference;
}
