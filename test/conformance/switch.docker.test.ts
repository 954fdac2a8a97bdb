import { HAPROXY } from './haproxy-bench.ts';
import { describeSwitch } from './switch-suite.ts';

describeSwitch(HAPROXY);
