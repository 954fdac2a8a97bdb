/**
 * Decides the path, the steps, their order and the gates, from facts that others observed. Pure: no clock, disk, network or
 * environment; equal facts give an equal plan. It carries nothing out.
 */
export { contentOf } from './acceptances.ts';
export { planContract } from './contract/plan-contract.ts';
export { renderContractPlan, renderStartingContract } from './contract/render-contract-plan.ts';
export { choosePath, type PathResult } from './path.ts';
export type { PlanRequest } from './plan-request.ts';
export { planUpgrade } from './plan-upgrade.ts';
export { renderPlan, renderStartingPlan } from './render-plan.ts';
export { contentOfRisk } from './risk-gates.ts';
