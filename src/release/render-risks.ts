import { type Catalog, describeCondition, type KnownRisk, listRisksByVersion, type Stop } from '../model/index.ts';

/** Every known risk in full: what goes wrong, when, and which published releases have it. */
export function renderRisks(catalog: Catalog): string {
  const { product, risks = [], releases } = catalog;
  if (risks.length === 0) return `${product} has no known risks.\n`;
  const versions = releases.map(({ version }) => version);
  return risks
    .map((risk) => {
      const carriers = [...listRisksByVersion([risk], versions).keys()];
      const lines = [
        risk.message.trim().replaceAll('\n', '\n  '),
        `Releases: ${carriers.length === 0 ? 'none that is published' : carriers.join(', ')}`,
        describeExtent(risk),
        ...describeWhen(risk),
        ...(risk.url === undefined ? [] : [risk.url]),
      ];
      return `${risk.id}\n${lines.map((line) => `  ${line}\n`).join('')}`;
    })
    .join('\n');
}

/** One line: how far a risk goes. */
export function describeExtent({ affects, fixedIn }: KnownRisk): string {
  const extent =
    fixedIn === undefined ? 'no release fixes it yet, so every later one has it too' : `fixed in ${fixedIn}`;
  return `Affects ${affects}; ${extent}`;
}

/** One line for what has conditions. */
export function describeWhen({ when }: Pick<KnownRisk | Stop, 'when'>): readonly string[] {
  return when === undefined ? [] : [`Applies when ${when.map(describeCondition).join(', or ')}`];
}
