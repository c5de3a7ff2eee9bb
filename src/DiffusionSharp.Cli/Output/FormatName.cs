using DiffusionSharp.Files.Tensors;
using DiffusionSharp.Models.Configs;

namespace DiffusionSharp.Cli.Output;

/// <summary>Names of formats for people.</summary>
internal static class FormatName
{
    public static string Of(TensorContainer container) => container switch
    {
        TensorContainer.Safetensors => "safetensors",
        TensorContainer.Shards => "weights in several files",
        TensorContainer.TorchZip => "torch.save (zip)",
        _ => "torch.save before PyTorch 1.6",
    };

    public static string Of(WeightsLayout layout) => layout switch
    {
        WeightsLayout.Diffusers => "diffusers",
        WeightsLayout.Ermongroup => "ermongroup/ddim",
        WeightsLayout.Guided => "improved-/guided-diffusion",
        WeightsLayout.GuidedNewOrder => "guided-diffusion, new attention order",
        _ => "denoising-diffusion-pytorch",
    };
}
