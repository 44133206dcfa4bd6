"""Constants of a machine that no test has to measure."""

from pipeline.forecast.machine import Machine, Speed

QUICK = Machine(
    narrow=Speed(128, 2e10, 2e10),
    wide=Speed(768, 4e10, 5e10),
    block_call=1e-3,
    optimiser_step=0.03,
    written_token=1e-3,
    start_training=0.5,
    alignment=1e10,
    pair_call=2e-3,
    bookkeeping=0.2,
    figure=0.2,
    process_memory=0.8e9,
    worker_start=3.0,
    cores=2,
)
