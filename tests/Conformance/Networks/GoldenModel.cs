using DiffusionSharp.Models;
using DiffusionSharp.Weights;
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

    public static IReadOnlyDictionary<string, GoldenModel> All { get; } = new GoldenModel[]
    {
        new("01_unet_ch32_m21_r1_a8_16px", "model.ckpt", "eps_f64"),
        new("01_unet_ch32_m21_r1_a4_8px_activations", "../01_unet_ch32_m21_r1_a8_16px/model.ckpt", "eps_f64") { About = "image_size=8" },
        new("01_unet_ch32_m11_r2_a16_noconv_32px", "model.ckpt", "eps_f64"),
        new("06_diffusers_unet2d_cifar10like", "", "out_f64"),
        new("06_diffusers_unet2d_cifar10like", "old_names", "out_f64"),
        new("06_diffusers_unet2d_scale_shift_class_noattnmid", "", "out_f64") { Labels = "class_labels" },
        new("07_guided_ch32_class_learnsigma", "model.pt", "out_f64") { About = "image_size=8,num_head_channels=16", Labels = "y" },
        new("08_lucidrains_dim8_m12", "model-1.pt", "out_model_f64") { About = "image_size=8", Raw = true },
        new("08_lucidrains_dim8_m12", "model-1.pt", "out_ema") { About = "image_size=8" },
    }.ToDictionary(m => m.Name);

    public string Name => $"{Case}{(Case == "06_diffusers_unet2d_cifar10like" ? $"/{File}" : "")}{(Output == "out_ema" ? ", average" : "")}";

    public GoldenCase Golden => new(Case);

    public string Path => Golden.Path(File);

    public ModelSource Open(string? path = null) => ModelSource.Open(path ?? Path, Raw, CheckpointFacts.Parse(About));
}
