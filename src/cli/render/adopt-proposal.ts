import type { NextCommand, ObservedProject, Proposal } from '../../adopt/index.ts';

/** Both proposed files, one after the other, each under its name. */
export function renderProposal({ deployment, product }: Proposal): string {
  return `==> onward.yaml <==\n${deployment}\n==> product.yaml <==\n${product}`;
}

/** Everything that was seen and decided, as one line of JSON. Of an environment only the names are in it. */
export function renderEvidence(evidence: {
  readonly project: ObservedProject;
  readonly proposal: Proposal;
  readonly problems: readonly string[];
  readonly next: readonly NextCommand[];
}): string {
  const { project, proposal, problems, next } = evidence;
  const { adopted, deployment, product, unknowns } = proposal;
  const { services, configurations: _, ...rest } = project;
  const observed = {
    ...rest,
    services: services.map(({ environment, written: __, ...service }) => ({
      ...service,
      environment: Object.keys(environment),
    })),
  };
  return `${JSON.stringify({ observed, decided: adopted, unknowns, files: { deployment, product }, problems, next })}\n`;
}
