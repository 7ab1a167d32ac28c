//! The blocking client in rayon's workers.

use std::error::Error;

use bridge_examples_facade::{blocking::Client, server};
use rayon::prelude::*;

fn main() -> Result<(), Box<dyn Error>> {
    let client = Client::builder().prefix("square-").connect(server::start()?)?;
    (1..=20u64).into_par_iter().try_for_each(|n| client.set(&n.to_string(), &(n * n).to_string()))?;
    let sum = (1..=20u64).into_par_iter().map(|n| {
        let value = client.get(&n.to_string()).expect("the server answers");
        value.and_then(|value| value.parse::<u64>().ok()).expect("it was set")
    });
    println!("the squares from 1 to 20 add up to {}", sum.sum::<u64>());
    Ok(())
}
