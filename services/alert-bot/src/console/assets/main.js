import { keepCharts } from '/console/charts.js';
import { keepLive } from '/console/live.js';
import { keepSearch } from '/console/search.js';
import { keepTimes } from '/console/times.js';

keepTimes();
keepSearch();
keepCharts();
keepLive();
