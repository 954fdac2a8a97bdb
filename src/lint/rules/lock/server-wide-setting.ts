import type { Rule } from '../rule.ts';

export const serverWideSetting: Rule = {
  id: 'server-wide-setting',
  hazards: ['L27'],
  class: 'lock',
  severity: 'error',
  title: 'Change of the server, or of how triggers fire',
  why: 'ALTER SYSTEM changes every database of the server. session_replication_role turns foreign keys and triggers off, and what is written meanwhile is never checked.',
  help: 'Leave settings of the server to whoever runs it. Change rows with the triggers on.',
  bad: [
    { sql: "alter system set work_mem = '64MB';", isNotx: true },
    { sql: 'set local session_replication_role = replica;' },
  ],
  good: [{ sql: "set local work_mem = '64MB';" }],
  check({ node }) {
    if ('AlterSystemStmt' in node) {
      return [
        { message: `${node.AlterSystemStmt.setstmt?.name ?? 'the setting'} changes for every database of the server` },
      ];
    }
    const isRole = 'VariableSetStmt' in node && node.VariableSetStmt.name === 'session_replication_role';
    return isRole ? [{ message: 'triggers and foreign keys do not fire for the statements after it' }] : [];
  },
};
