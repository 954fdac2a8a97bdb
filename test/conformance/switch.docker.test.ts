import { HAPROXY } from './haproxy-bench.ts';
import { describeSwitchUnderLoad } from './switch-load-suite.ts';
import { describeSwitch } from './switch-suite.ts';

describeSwitch(HAPROXY);
describeSwitchUnderLoad(HAPROXY);
