//! The generator of `pets`: users with one pet each, as before pets had visual traits.

use rehearsal::generate::{About, Generator, Script, Size};
use std::io;

/// The generator of `pets`.
pub(crate) struct Pets;

/// When everything was created.
const CREATED: &str = "2024-04-18T08:09:11.334Z";

impl Generator for Pets {
    fn about(&self) -> About {
        About { database: "pets", unit: "pet", at: 20_250_901_090_000 }
    }

    fn write(&self, Size { units, seed }: Size, script: &mut Script<'_>) -> io::Result<()> {
        script.comment("Users with one pet each, as before pets had visual traits.")?;
        let user = |n| [seed.id("User", n).into(), format!("Ada {n}").into(), CREATED.to_owned().into()];
        script.insert("User", ["id", "name", "createdAt"], (0..units).map(user))?;
        let numbers = ["friendliness", "energyTrait", "curiosity", "patience", "playfulness"];
        let [a, b, c, d, e] = numbers;
        let columns = ["id", "name", "userId", a, b, c, d, e, "createdAt", "updatedAt"];
        let pet = |n| {
            let mut draw = seed.draw("Pet", n);
            let [a, b, c, d, e] = numbers.map(|_| (draw.below(101) as i64).into());
            let (id, user) = (seed.id("Pet", n).into(), seed.id("User", n).into());
            let name = draw.one_of(&["Momo", "O'Malley", "🐈", "مشمش"]).to_owned().into();
            [id, name, user, a, b, c, d, e, CREATED.to_owned().into(), CREATED.to_owned().into()]
        };
        script.insert("Pet", columns, (0..units).map(pet))
    }
}
