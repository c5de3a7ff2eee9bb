using DiffusionSharp.Cli.Output;
using DiffusionSharp.Models.Configs;
using DiffusionSharp.Networks;
using DiffusionSharp.Training.Options;
using DiffusionSharp.Training.Runs;

namespace DiffusionSharp.Cli.Cards;

/// <summary>The README.md of an exported model: what it is and how to make it again.</summary>
internal static class ModelCard
{
    /// <param name="config">The run.</param>
    /// <param name="graph">Its network.</param>
    /// <param name="state">Where it was.</param>
    /// <param name="commands">The commands that made it.</param>
    /// <param name="length">σ_rel of an average that was made after training; null for the run's own.</param>
    public static string Write(RunConfig config, NetworkGraph graph, TrainingState state, IReadOnlyList<string> commands, double? length = null)
    {
        var (network, names) = (config.Network, config.Network.ClassNames);
        var t = config.Training;
        var time = Human.Time(TimeSpan.FromSeconds(state.Seconds));
        var machine = t.Device == "cpu" ? $"{Environment.ProcessorCount} CPU cores" : t.Device;
        var compute = t.BFloat16 ? "bfloat16" : t.Activations == ActivationPrecision.BFloat16 ? "float32, activations in bfloat16" : "float32";
        var from = config.From is null ? "" : $" Fine-tuned from `{Path.GetFileName(config.From.TrimEnd(Path.DirectorySeparatorChar))}`.";
        var taught = config.TaughtBy is null ? "" : $" {Taught(config.TaughtBy)}";
        var edm = config.Scheduler.Edm;
        var average = length is null
            ? $"an exponential moving average (decay {t.EmaDecays[0]}{(t.EmaWarmup ? ", which rises at first" : "")})"
            : FormattableString.Invariant($"an average by a power function, made after training (sigma_rel {length})");
        var variance = graph.OutputShape.Channels > graph.InputShape.Channels;
        var options = string.Concat(Options(t).Append(variance ? FormattableString.Invariant($"the variational bound of a learned variance times {t.VarianceWeight}") : null)
            .OfType<string>().Select(o => $", {o}"));
        var predicts = edm is null
            ? $"the network predicts {config.Scheduler.PredictionType}{(variance ? " and its variance (sample it with --eta learned)" : "")}"
            : FormattableString.Invariant($"the network is EDM's, with sigma_data {edm.SigmaData}; ln sigma was drawn from N({t.SigmaLogMean}, {t.SigmaLogDeviation}²)");
        var classes = names.Count == 0 ? "" : $"\n- Classes: {string.Join(", ", names.Select(Human.Plain))}.{Dropped(t)}";
        var ask = names.Count == 0 ? "" : $" --class \"{Human.Plain(names[0])}\"{(graph.NullClass is null ? "" : " --guidance 2")}";
        var known = network is UNetConfig unet && UNetConfigJson.ToJson(unet).Contains("\"UNet2DModel\"", StringComparison.Ordinal);
        var diffusers = known && edm is not null
            ? "Its network and scheduler are meant to open in Hugging Face diffusers, too (not tried with this model): `UNet2DModel.from_pretrained(\"FOLDER\", "
                + "subfolder=\"unet\")` and `EDMEulerScheduler.from_pretrained(\"FOLDER\", subfolder=\"scheduler\")`; no pipeline there puts the two together."
            : known && graph.TakesLabels
            ? "Its network is meant to open in Hugging Face diffusers, too (not tried with this model): `UNet2DModel.from_pretrained(\"FOLDER\", "
                + "subfolder=\"unet\")`, called with `class_labels`; the pipelines there pass none."
            : known
            ? "It is meant to open in Hugging Face diffusers, too (not tried with this model): `DDIMPipeline.from_pretrained(\"FOLDER\")`."
            : "Hugging Face diffusers cannot open it: its UNet2DModel has no such network.";
        return $"""
            # {Path.GetFileName(config.Data.TrimEnd(Path.DirectorySeparatorChar))}, {graph.InputShape.Height}×{graph.InputShape.Width}

            A DDPM trained with DiffusionSharp; its weights are {average}.

            - Network: {Human.Count(graph.ParameterCount)} parameters, {graph.FlopsPerImage / 1e9:F3} GFLOP per image;
              {Shape(network)}.
            - Schedule: {config.Scheduler.ToSchedule()}; {predicts}.
            - Data: `{Path.GetFileName(config.Data.TrimEnd(Path.DirectorySeparatorChar))}` ({config.DataFingerprint}).{classes}
            - Training: {Human.Count(state.Images)} images in {Human.Count(state.Step)} updates of {t.BatchSize}, {time} on {machine} in {compute};
              {t.Optimizer} at {t.LearningRate}, {t.Decay}, {t.Loss} loss{options}, seed {t.Seed}.{from}{taught}

            Made by:

            ```
            {string.Join("\n", commands)}
            ```

            Sample it:

            ```
            ddim sample --model FOLDER --steps 50 --count 16{ask} --out grid.png
            ```

            {diffusers}

            """;
    }

    private static string Shape(NetworkConfig network) => network switch
    {
        UNetConfig unet => $"channels {string.Join(", ", unet.BlockOutChannels)}, {unet.LayersPerBlock} layers per level",
        LucidrainsUNetConfig unet => $"denoising-diffusion-pytorch's Unet, channels {string.Join(", ", unet.DimMults.Select(m => m * unet.Dim))}",
        _ => network.GetType().Name,
    };

    private static string Dropped(TrainingOptions t) => t.LabelDrop == 0 ? "" : FormattableString.Invariant(
        $" {100 * t.LabelDrop:0.##} % of the labels were replaced by the null class, for classifier-free guidance.");

    private static string Taught(TeacherConfig teacher)
    {
        var away = teacher.GuideWith is { } weak ? $" away from `{Name(weak)}`" : "";
        var levels = teacher.GuidanceInterval is [var low, var high] ? FormattableString.Invariant($" at sigma {low} to {high}") : "";
        var led = teacher.Guidance == 1 ? "" : FormattableString.Invariant($", guided{away} by {teacher.Guidance}{levels}");
        return $"What it learned are the predictions of `{Name(teacher.Model)}`{led}.";

        static string Name(string path) => Path.GetFileName(path.TrimEnd(Path.DirectorySeparatorChar));
    }

    // What differs from the simple loss and plain Adam.
    private static IEnumerable<string> Options(TrainingOptions t)
    {
        (bool Used, string Text)[] options =
        [
            (t.MinSnrGamma is not null, FormattableString.Invariant($"min-SNR weights with gamma {t.MinSnrGamma}")),
            (t.Reduction != LossReduction.Mean, "summed over an image's elements"),
            (t.TimestepSampling != TimestepSampling.Uniform, $"{t.TimestepSampling} timesteps"),
            (t.Augment > 0, FormattableString.Invariant($"EDM's augmentation with probability {t.Augment}")),
            (t.WarmupImages > 0, $"warm-up over {Human.Count(t.WarmupImages)} images"),
            (t.WeightDecay > 0, FormattableString.Invariant($"weight decay {t.WeightDecay}")),
            (t.GradientClip != 1, t.GradientClip == 0 ? "gradients not clipped" : FormattableString.Invariant($"gradients clipped at {t.GradientClip}")),
        ];
        return options.Where(o => o.Used).Select(o => o.Text);
    }
}
