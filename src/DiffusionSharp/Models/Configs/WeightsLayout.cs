namespace DiffusionSharp.Models.Configs;

/// <summary>By which code base's names a network's parameters are stored.</summary>
public enum WeightsLayout
{
    /// <summary>Hugging Face diffusers' UNet2DModel, whose names are ours; those of 2022 for attention as well.</summary>
    Diffusers,

    /// <summary>The DDIM authors' code (ermongroup/ddim, models/diffusion.py), and pesser's checkpoints for it.</summary>
    Ermongroup,

    /// <summary>OpenAI's improved-diffusion and guided-diffusion; attention's rows are head by head (q, k, v of one, then of the next).</summary>
    Guided,

    /// <summary>The same with <c>use_new_attention_order</c>: all of q, then k, then v.</summary>
    GuidedNewOrder,

    /// <summary>lucidrains' denoising-diffusion-pytorch.</summary>
    Lucidrains,
}
