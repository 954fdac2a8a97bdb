import type { NextCommand, ObservedHosts, ObservedProject, Proposal } from '../../adopt/index.ts';

/** Both proposed files, one after the other, each under its name. */
export function renderProposal({ deployment, product }: Proposal): string {
  return `==> onward.yaml <==\n${deployment}\n==> product.yaml <==\n${product}`;
}

/** Everything that was seen and decided, as one line of JSON. Of an environment only the names are in it. */
export function renderEvidence(evidence: {
  readonly observed: ObservedProject | ObservedHosts;
  readonly proposal: Proposal;
  readonly problems: readonly string[];
  readonly next: readonly NextCommand[];
}): string {
  const { observed, proposal, problems, next } = evidence;
  const { adopted, deployment, product, unknowns } = proposal;
  const seen = 'services' in observed ? withoutValues(observed) : observed.hosts.map(withoutTexts);
  const files = { deployment, product };
  return `${JSON.stringify({ observed: seen, decided: adopted, unknowns, files, problems, next })}\n`;
}

function withoutValues({ services, configurations: _, haproxies: ___, ...rest }: ObservedProject): object {
  return {
    ...rest,
    services: services.map(({ environment, written: __, ...service }) => ({
      ...service,
      environment: Object.keys(environment),
    })),
  };
}

/** A configuration of HAProxy can hold passwords. */
function withoutTexts({ haproxies, ...host }: ObservedHosts['hosts'][number]): object {
  return { ...host, haproxies: haproxies.map(({ name, words }) => ({ name, words })) };
}
