namespace DiffusionSharp.Models.Configs;

/// <summary>The key of a config.json that says by whose names the tensors beside it are stored, where they are not diffusers'.</summary>
internal static class LayoutJson
{
    /// <summary>The key; diffusers takes no notice of those that begin with '_'.</summary>
    public const string Key = "_tensor_names";

    private static readonly string[] Names = ["diffusers", "ermongroup", "guided-diffusion", "guided-diffusion-new-attention-order", "denoising-diffusion-pytorch"];

    /// <summary>The name of a layout.</summary>
    public static string Name(WeightsLayout layout) => Names[(int)layout];

    /// <summary>Reads the key; diffusers' names where it is absent.</summary>
    public static WeightsLayout Read(ConfigReader r) => (WeightsLayout)Array.IndexOf(Names, r.Text(Key, Names[0], Names));
}
