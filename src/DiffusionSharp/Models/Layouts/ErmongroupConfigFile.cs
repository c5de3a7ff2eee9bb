using System.Globalization;
using DiffusionSharp.Data;
using DiffusionSharp.Files.Storage;
using DiffusionSharp.Models.Configs;

namespace DiffusionSharp.Models.Layouts;

/// <summary>
/// The configuration file of the DDIM authors' code (<c>configs/*.yml</c>, and the <c>config.yml</c> it leaves beside its checkpoints): what
/// names and shapes of weights do not tell, and a check that it belongs to them.
/// </summary>
internal sealed class ErmongroupConfigFile
{
    /// <summary>The name it has beside a checkpoint.</summary>
    public const string FileName = "config.yml";

    private readonly Dictionary<string, List<string>> values;

    private ErmongroupConfigFile(string path, Dictionary<string, List<string>> values) => (Path, this.values) = (path, values);

    public string Path { get; }

    /// <summary>Reads the file beside a checkpoint; null when there is none.</summary>
    /// <param name="checkpoint">The checkpoint.</param>
    /// <param name="channels">Base channels of the weights.</param>
    /// <param name="multipliers">Multiplier of each level.</param>
    /// <param name="blocks">Blocks per level.</param>
    /// <param name="attention">Whether each level has attention.</param>
    /// <param name="required">Whether a file of another network is an error; otherwise none is seen then.</param>
    public static ErmongroupConfigFile? Beside(string checkpoint, int channels, IEnumerable<int> multipliers, int blocks, IReadOnlyList<bool> attention, bool required)
    {
        var path = System.IO.Path.Combine(System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(checkpoint))!, FileName);
        var file = File.Exists(path) ? new ErmongroupConfigFile(path, FlatYaml.Parse(path, ConfigReader.ReadText(path))) : null;
        return file?.Other(channels, multipliers, blocks, attention) is not { } other ? file : !required ? null : throw ConfigReader.Bad(
            path, $"{other}: it is another model's; move it away, or say what the weights do not (image_size=…)");
    }

    /// <summary>What it says beyond the weights; what was told from outside goes before.</summary>
    public CheckpointFacts Complete(CheckpointFacts told) => told with
    {
        Height = told.Height ?? Int("data.image_size"),
        Width = told.Width ?? Int("data.image_size"),
        NoiseSchedule = told.NoiseSchedule ?? Text("diffusion.beta_schedule"),
        DiffusionSteps = told.DiffusionSteps ?? Int("diffusion.num_diffusion_timesteps"),
        BetaStart = told.BetaStart ?? Number("diffusion.beta_start"),
        BetaEnd = told.BetaEnd ?? Number("diffusion.beta_end"),
    };

    /// <summary>Dropout, which plays a part in training only.</summary>
    public double Dropout => Number("model.dropout") ?? 0;

    /// <summary>What was done to the images, as the authors' data_transform does it: a rescaled image has no logit.</summary>
    /// <exception cref="DiffusionException">Images in [0, 1], which are neither rescaled nor transformed.</exception>
    public PixelTransform PixelTransform()
    {
        var rescaled = Flag("data.rescaled", absent: true);
        var logit = !rescaled && Flag("data.logit_transform", absent: false);
        return !rescaled && !logit
            ? throw ConfigReader.Bad(Path, "data.rescaled and data.logit_transform are false: a network of images in [0, 1], which is not supported")
            : new PixelTransform
            {
                Logit = logit,
                Dequantization = Flag("data.uniform_dequantization", absent: false) ? Dequantization.Uniform
                    : Flag("data.gaussian_dequantization", absent: false) ? Dequantization.Gaussian
                    : Dequantization.None,
            };
    }

    // What differs from the weights, if anything.
    private string? Other(int channels, IEnumerable<int> multipliers, int blocks, IReadOnlyList<bool> attention)
    {
        return Other("model.ch", [channels]) ?? Other("model.ch_mult", multipliers) ?? Other("model.num_res_blocks", [blocks]) ?? OtherAttention();

        // Together with the size of the images, which nothing else confirms.
        string? OtherAttention() =>
            Int("data.image_size") is not { } size || !values.TryGetValue("model.attn_resolutions", out var said)
            || attention.Index().All(a => a.Item == said.Contains((size >> a.Index).ToString(CultureInfo.InvariantCulture))) ? null
            : $"data.image_size is {size} and model.attn_resolutions {string.Join(", ", said.Select(s => Printable.Sanitize(s)))}, "
                + $"the weights beside it have attention at level {string.Join(", ", attention.Index().Where(a => a.Item).Select(a => a.Index))}";

        string? Other(string key, IEnumerable<int> found)
        {
            string[] expected = [.. found.Select(f => f.ToString(CultureInfo.InvariantCulture))];
            return !values.TryGetValue(key, out var said) || said.SequenceEqual(expected) ? null
                : $"{key} is {string.Join(", ", said.Select(s => Printable.Sanitize(s)))}, the weights beside it have {string.Join(", ", expected)}";
        }
    }

    private string? Text(string key) => values.TryGetValue(key, out var v) && v is [var text] && text is not ("null" or "~") ? text : null;

    private bool Flag(string key, bool absent) => Text(key) is not { } text ? absent
        : bool.TryParse(text, out var flag) ? flag
        : throw ConfigReader.Bad(Path, $"{key} is '{Printable.Sanitize(text)}', true or false was expected");

    private int? Int(string key) => Text(key) is not { } text ? null
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var n) && n > 0 ? n
        : throw ConfigReader.Bad(Path, $"{key} is '{Printable.Sanitize(text)}', a whole number was expected");

    private double? Number(string key) => Text(key) is not { } text ? null
        : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var d) && double.IsFinite(d) ? d
        : throw ConfigReader.Bad(Path, $"{key} is '{Printable.Sanitize(text)}', a number was expected");
}
