using DiffusionSharp.Cli.Display;
using DiffusionSharp.Networks;
using DiffusionSharp.Training;

namespace DiffusionSharp.Cli.Runs;

/// <summary>The README.md of an exported model: what it is and how to make it again.</summary>
internal static class ModelCard
{
    public static string Write(RunConfig config, NetworkGraph graph, TrainingState state, IReadOnlyList<string> commands)
    {
        var u = config.UNet;
        var t = config.Training;
        var time = Human.Time(TimeSpan.FromSeconds(state.Seconds));
        var machine = t.Device == "cpu" ? $"{Environment.ProcessorCount} CPU cores" : t.Device;
        var compute = t.BFloat16 ? "bfloat16" : "float32";
        var from = config.From is null ? "" : $" Fine-tuned from `{config.From}`.";
        return $"""
            # {Path.GetFileName(config.Data.TrimEnd(Path.DirectorySeparatorChar))}, {u.Height}×{u.Width}

            A DDPM trained with DiffusionSharp; its weights are an exponential moving average (decay {t.EmaDecays[0]}).

            - Network: {Human.Count(graph.ParameterCount)} parameters, {graph.FlopsPerImage / 1e9:F3} GFLOP per image;
              channels {string.Join(", ", u.BlockOutChannels)}, {u.LayersPerBlock} layers per level.
            - Schedule: {config.Scheduler.ToSchedule()}; the network predicts {config.Scheduler.PredictionType}.
            - Data: `{Path.GetFileName(config.Data.TrimEnd(Path.DirectorySeparatorChar))}` ({config.DataFingerprint}).
            - Training: {Human.Count(state.Images)} images in {Human.Count(state.Step)} updates of {t.BatchSize}, {time} on {machine} in {compute};
              {t.Optimizer} at {t.LearningRate}, {t.Decay}, {t.Loss} loss, seed {t.Seed}.{from}

            Made by:

            ```
            {string.Join("\n", commands)}
            ```

            Sample it:

            ```
            ddim sample --model FOLDER --steps 50 --count 16 --out grid.png
            ```

            It also opens in Hugging Face diffusers: `DDIMPipeline.from_pretrained("FOLDER")`.

            """;
    }
}
