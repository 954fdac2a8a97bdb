import type { InvariantKind, Violation } from './invariant.ts';
import { qualifyTable } from './try-out.ts';

export const expectedObjects: InvariantKind = {
  name: 'expected-objects',
  help: 'Add the migration that makes it, or correct what the invariant expects.',
  async check({ schema }, { expect }) {
    return Object.entries(expect).flatMap(([name, expected]): readonly Violation[] => {
      const at = ['expect', name];
      const table = schema.tables[qualifyTable(name)];
      if (!table) return [{ at, message: `there is no table ${name}` }];
      const found = { columns: table.columns, constraints: table.constraints, indexes: table.indexes };
      return (['columns', 'constraints', 'indexes'] as const).flatMap((kind) =>
        expected[kind]
          .filter((wanted) => !found[kind].some((one) => one.name === wanted))
          .map((wanted) => ({ at: [...at, kind], message: `${name} has no ${KINDS[kind]} ${wanted}` })),
      );
    });
  },
};

const KINDS = { columns: 'column', constraints: 'constraint', indexes: 'index' } as const;
