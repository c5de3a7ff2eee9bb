using System.Text.RegularExpressions;
using DiffusionSharp.Files.Tensors;

namespace DiffusionSharp.Models.Layouts;

/// <summary>Tells the state of an optimizer from weights (guided-diffusion's opt*.pt, accelerate's optimizer.bin, our own optimizer.safetensors).</summary>
public static partial class OptimizerState
{
    /// <summary>Whether all that a file holds is an optimizer's.</summary>
    /// <param name="file">The file.</param>
    public static bool Is(TensorFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        return (file.Tensors.Count > 0 || file.Values.Keys.Any(k => Group().IsMatch(k)))
            && file.Tensors.Keys.All(n => StateDict.IsOptimizers(n) || Entry().IsMatch(n) || Group().IsMatch(n));
    }

    // state_dict() of torch.optim: {'state': {0: {'exp_avg': …}}, 'param_groups': [{'lr': …}]}.
    [GeneratedRegex(@"(^|\.)state\.\d+\.\w+$")]
    private static partial Regex Entry();

    [GeneratedRegex(@"(^|\.)param_groups\.\d+\.")]
    private static partial Regex Group();
}
