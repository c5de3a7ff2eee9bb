using System.Globalization;
using DiffusionSharp.Files.Storage;
using DiffusionSharp.Schedules;

namespace DiffusionSharp.Models.Layouts;

/// <summary>
/// What a checkpoint does not say of itself, told by whoever knows: options under the names that its code base gives them. Null means not
/// told.
/// </summary>
public sealed record CheckpointFacts
{
    private const string Keys =
        "image_size (64, or 64x96 for height and width), num_heads, num_heads_upsample, num_head_channels, use_new_attention_order, noise_schedule (linear, "
        + "cosine, quad, const, jsd, sigmoid), diffusion_steps, beta_start, beta_end, prediction (epsilon, sample, v_prediction), rescale_timesteps, clip";

    /// <summary>Rows of the images; for models that say them, too: they can be others than it was trained at.</summary>
    public int? Height { get; init; }

    /// <summary>Columns of the images, as their rows.</summary>
    public int? Width { get; init; }

    /// <summary>Heads of every attention (improved-diffusion).</summary>
    public int? NumHeads { get; init; }

    /// <summary>Heads on the way up, where they are others.</summary>
    public int? NumHeadsUpsample { get; init; }

    /// <summary>Channels of one head (guided-diffusion).</summary>
    public int? NumHeadChannels { get; init; }

    /// <summary>Whether attention's rows are all of q, then k, then v (guided-diffusion).</summary>
    public bool? UseNewAttentionOrder { get; init; }

    /// <summary>The noise schedule's name in its code base.</summary>
    public string? NoiseSchedule { get; init; }

    /// <summary>T.</summary>
    public int? DiffusionSteps { get; init; }

    /// <summary>The first β.</summary>
    public double? BetaStart { get; init; }

    /// <summary>The last β.</summary>
    public double? BetaEnd { get; init; }

    /// <summary>What the network predicts.</summary>
    public PredictionType? Prediction { get; init; }

    /// <summary>Whether the network is given t·1000/T.</summary>
    public bool? RescaleTimesteps { get; init; }

    /// <summary>Whether x0 is clipped to ±1 when sampling.</summary>
    public bool? Clip { get; init; }

    /// <summary>The size of the images; null when it is not told.</summary>
    internal (int Rows, int Columns)? Size => Height is int rows && Width is int columns ? (rows, columns) : null;

    /// <summary>All but the size of the images.</summary>
    internal CheckpointFacts WithoutSize() => this with { Height = null, Width = null };

    /// <summary>What of this is about the scheduler and not the network.</summary>
    internal CheckpointFacts SchedulerOnly() => new()
    {
        NoiseSchedule = NoiseSchedule,
        DiffusionSteps = DiffusionSteps,
        BetaStart = BetaStart,
        BetaEnd = BetaEnd,
        Prediction = Prediction,
        Clip = Clip,
    };

    /// <summary>Reads <c>image_size=64,num_heads=4</c>.</summary>
    /// <param name="text">Keys and values; the keys are the options' names in their code bases.</param>
    /// <exception cref="DiffusionException"><see cref="ErrorKind.Usage"/>: an unknown or repeated key, or a value of the wrong kind.</exception>
    public static CheckpointFacts Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var facts = new CheckpointFacts();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var item in text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (item.Split('=', StringSplitOptions.TrimEntries) is not [var key, { Length: > 0 } value] || !seen.Add(key))
            {
                throw Bad(item, "key=value was expected, each key once");
            }

            facts = facts.With(item, key, value);
        }

        return facts;
    }

    private CheckpointFacts With(string item, string key, string value) => key switch
    {
        "image_size" when value.Split('x') is [var h, var w] => this with { Height = Count(item, h), Width = Count(item, w) },
        "image_size" => this with { Height = Count(item, value), Width = Count(item, value) },
        "num_heads" => this with { NumHeads = Count(item, value) },
        "num_heads_upsample" => this with { NumHeadsUpsample = Count(item, value) },
        "num_head_channels" => this with { NumHeadChannels = Count(item, value) },
        "use_new_attention_order" => this with { UseNewAttentionOrder = Bool(item, value) },
        "noise_schedule" => this with { NoiseSchedule = value },
        "diffusion_steps" => this with { DiffusionSteps = Count(item, value) },
        "beta_start" => this with { BetaStart = Number(item, value) },
        "beta_end" => this with { BetaEnd = Number(item, value) },
        "prediction" => this with
        {
            Prediction = value switch
            {
                "epsilon" => PredictionType.Epsilon,
                "sample" => PredictionType.Sample,
                "v_prediction" => PredictionType.VPrediction,
                _ => throw Bad(item, "epsilon, sample or v_prediction was expected"),
            },
        },
        "rescale_timesteps" => this with { RescaleTimesteps = Bool(item, value) },
        "clip" => this with { Clip = Bool(item, value) },
        _ => throw Bad(item, $"there is no such key; there are {Keys}"),
    };

    private static int Count(string item, string value) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var n) && n is > 0 and <= 1_000_000 ? n : throw Bad(item, "a whole number from 1 to 1000000 was expected");

    private static double Number(string item, string value) =>
        double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var d) && double.IsFinite(d) ? d : throw Bad(item, "a number was expected");

    private static bool Bool(string item, string value) => bool.TryParse(value, out var b) ? b : throw Bad(item, "True or False was expected");

    private static DiffusionException Bad(string item, string expected) => new(ErrorKind.Usage, $"what was told about the checkpoint: '{Printable.Sanitize(item)}': {expected}");
}
