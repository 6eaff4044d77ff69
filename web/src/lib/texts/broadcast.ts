export const broadcast = {};
