//! The blocking client in a program of threads.

use std::error::Error;
use std::thread;
use std::time::Duration;

use bridge::Facade;
use bridge_examples_facade::{blocking::Client, server};

fn main() -> Result<(), Box<dyn Error>> {
    let mut client = Client::connect(server::start()?)?;
    thread::scope(|scope| {
        for name in ["one", "two", "three"] {
            let client = client.clone();
            scope.spawn(move || client.set(name, &name.len().to_string()).expect("the server answers"));
        }
    });
    for key in client.keys()? {
        let key = key?;
        println!("{key} = {:?}", client.get(&key)?);
    }

    let mut transaction = client.begin();
    transaction.set("four", "4")?;
    transaction.commit()?;
    // What is not committed is rolled back as it is dropped.
    client.begin().set("five", "5")?;
    println!("four = {:?}, five = {:?}", client.get("four")?, client.get("five")?);
    println!("rolled back: {:?}", client.get("rolled-back")?);

    // No call of this one takes longer than a second.
    let hasty = client.on(&bridge::shared().with_timeout(Duration::from_secs(1)));
    println!("one = {:?}", hasty.get("one")?);
    Ok(())
}
