namespace DiffusionSharp.Models.Layouts;

/// <summary>Where denoising-diffusion-pytorch keeps a parameter of <see cref="Networks.LucidrainsUNet"/>.</summary>
internal static class LucidrainsNames
{
    private static readonly string[] Parts = ["to_q", "to_k", "to_v"];

    /// <summary>The tensor of a parameter: the same name but for q, k and v, which are one matrix there.</summary>
    public static SourceName Map(string name) => name.Split('.') switch
    {
        [.. var module, var part, "weight"] when Array.IndexOf(Parts, part) is >= 0 and var index =>
            new($"{string.Join('.', module)}.to_qkv.weight") { Parts = Parts.Length, Part = index },

        // A 2×2 convolution here is a 1×1 convolution of four pixels' channels there: [out, in, 2, 2] as [out, 4·in, 1, 1].
        ["downs", _, "3", "1", "weight"] => new(name) { OtherShape = true },
        _ => new(name),
    };
}
