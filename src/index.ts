/**
 * The library door: `import { planUpgrade, runUpgrade, … } from 'onward'`. The command is built from the same functions.
 */
export { loadDeployment } from './deployment/index.ts';
export * from './model/index.ts';
export { choosePath, planUpgrade, renderPlan } from './plan/index.ts';
export { buildRelease, openSource } from './release/index.ts';
export { createSystem, type System } from './system/index.ts';
export { openInstallation, preparePlan, runRollback, runUpgrade } from './upgrade/index.ts';
