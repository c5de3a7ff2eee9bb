using DiffusionSharp.Models;
using DiffusionSharp.Models.Layouts;
using TestKit;

namespace Conformance.Networks;

/// <summary>The models of the goldens 01, 03, 06, 07 and 08, in the files their own code bases wrote.</summary>
/// <param name="Case">The case whose call is replayed.</param>
/// <param name="File">The checkpoint, or for diffusers the network's folder.</param>
/// <param name="Output">The recorded output in float64, or the best there is.</param>
internal sealed record GoldenModel(string Case, string File, string Output)
{
    /// <summary>What the file does not say.</summary>
    public string About { get; init; } = "";

    /// <summary>Whether the weights are meant where there is an average.</summary>
    public bool Raw { get; init; }

    /// <summary>The recorded labels, where the network takes any.</summary>
    public string? Labels { get; init; }

    /// <summary>What tells two models of a case apart.</summary>
    public string Variant { get; init; } = "";

    public static IReadOnlyDictionary<string, GoldenModel> All { get; } = Shared.Exists
        ? GoldenRuns.CasesOf("01_unet").Select(Ermongroup)
            .Concat(GoldenRuns.CasesOf("06_diffusers_unet2d").SelectMany(Diffusers))
            .Concat(GoldenRuns.CasesOf("07_guided").Select(Guided))
            .Concat(GoldenRuns.CasesOf("08_lucidrains").SelectMany(Lucidrains))
            .ToDictionary(m => m.Name)
        : new Dictionary<string, GoldenModel>();

    public string Name => Case + Variant;

    public GoldenCase Golden => new(Case);

    public string Path => Golden.Path(File);

    public ModelSource Open(string? path = null) => ModelSource.Open(path ?? Path, Raw, CheckpointFacts.Parse(About));

    // A case may use another's checkpoint, beside which a config.yml tells the other's size.
    private static GoldenModel Ermongroup(string name)
    {
        var json = new GoldenCase(name).Json;
        var own = json.GetProperty("files").TryGetProperty("model.ckpt", out _);
        return new(name, own ? "model.ckpt" : json.GetProperty("checkpoint").GetString()!, "eps_f64")
        {
            About = own ? "" : $"image_size={json.GetProperty("config").GetProperty("data").GetProperty("image_size")}",
        };
    }

    private static IEnumerable<GoldenModel> Diffusers(string name)
    {
        var golden = new GoldenCase(name);
        string[] folders = ["", "old_names"];
        return folders.Where(f => Directory.Exists(golden.Path(f))).Select(f => new GoldenModel(name, f, "out_f64")
        {
            Variant = f.Length == 0 ? "" : $"/{f}",
            Labels = golden.Has("class_labels") ? "class_labels" : null,
        });
    }

    private static GoldenModel Guided(string name)
    {
        var golden = new GoldenCase(name);
        string[] heads = ["num_heads", "num_heads_upsample", "num_head_channels"];
        var facts = heads.Where(h => golden.Json.GetProperty("unet").TryGetProperty(h, out _)).Select(h => $",{h}={golden.Json.GetProperty("unet").GetProperty(h)}");
        return new(name, "model.pt", "out_f64") { About = Size(golden) + string.Concat(facts), Labels = golden.Has("y") ? "y" : null };
    }

    private static IEnumerable<GoldenModel> Lucidrains(string name)
    {
        var about = Size(new GoldenCase(name));
        yield return new(name, "model-1.pt", "out_model_f64") { About = about, Raw = true };
        yield return new(name, "model-1.pt", "out_ema") { About = about, Variant = ", average" };
    }

    private static string Size(GoldenCase golden) => $"image_size={golden.Shape("x")[2]}x{golden.Shape("x")[3]}";
}
