import { type Facts, type Finding, type ImageFact, shortDigest } from '../model/index.ts';
import type { DoctorRule } from './rule.ts';

export const imagesRule: DoctorRule = {
  id: 'images',
  title: 'The registries have the images that were pinned, under their tags',
  check: (facts) => (facts.images ?? []).flatMap((image) => checkImage(facts, image)),
};

function checkImage(facts: Facts, seen: ImageFact): readonly Finding[] {
  const { release, image, tag, pinned, pointsTo, isThere, unknown } = seen;
  const show = `"onward release show ${release}" shows what is pinned`;
  if (unknown !== undefined) {
    return [
      {
        code: 'doctor.image-unknown',
        severity: 'info',
        message: `Whether ${image}${tag === undefined ? '' : `:${tag}`} is still what release ${release} pins is not known: ${unknown}.`,
        hint: 'Run "onward doctor" again where the registry can be reached.',
      },
    ];
  }
  const findings: Finding[] = [];
  if (pointsTo !== undefined && pointsTo !== pinned) {
    findings.push({
      code: 'doctor.moved-tag',
      severity: 'warning',
      message: `Tag ${tag} of ${image} points to another image now (${shortDigest(pointsTo)}): release ${release} is pinned to ${shortDigest(pinned)}, and ${describeUse(facts, seen)}.`,
      hint: `Ask who publishes it which of the two is meant; ${show}.`,
    });
  }
  if (isThere === false) {
    findings.push({
      code: 'doctor.image-gone',
      severity: 'warning',
      message: `The registry has no image ${shortDigest(pinned)} of ${image} any more, which release ${release} is pinned to: a host that does not have it cannot fetch it.`,
      hint: `Have it pushed again, or go to a newer release; ${show}.`,
    });
  }
  return findings;
}

function describeUse({ current, instances }: Facts, { release, services, pinned }: ImageFact): string {
  if (release !== current?.release) return 'that is what an upgrade brings';
  const running = instances.filter(({ service, state }) => services.includes(service) && state === 'running');
  const isRunning = running.length > 0 && running.every(({ identity }) => identity === pinned);
  return isRunning ? 'that is what runs' : 'nothing changes by that';
}
