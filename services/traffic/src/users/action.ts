/** What a user may do. Each is one request, a purchase that is asked for again with the same key included. */
export const actions = ['browse', 'view', 'buy', 'sign_in', 'stats', 'batch', 'settle'] as const;
export type Action = (typeof actions)[number];

/** How often each is done, relative to the others. */
export type Mix = Readonly<Record<Action, number>>;

/** Mostly looking, some buying, and now and then what the office does. */
export const usualMix: Mix = { browse: 40, view: 25, buy: 25, sign_in: 5, stats: 3, batch: 1, settle: 1 };

/** What kind of customer a user is. Carried as W3C baggage, `user.segment`. */
export const segments = ['new', 'regular', 'vip'] as const;
export type Segment = (typeof segments)[number];
export type Segments = Readonly<Record<Segment, number>>;

export const usualSegments: Segments = { new: 30, regular: 60, vip: 10 };
