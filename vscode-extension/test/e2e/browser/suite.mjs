// The suite in the browser: what a person clicks, hovers over and sees, with a picture of each.

import { inTwoFolders, untrusted, withoutTheCommand } from "./others.mjs";
import { inTheShop } from "./shop.mjs";

export async function browserSuite(on) {
  for (const window of [inTheShop, inTwoFolders, untrusted, withoutTheCommand]) await window(on);
}
