namespace DiffusionSharp.Networks;

/// <summary>
/// The gradient of the logarithm of a condition's probability, ∇_x log p(y|x_t), by any factor: guided-diffusion's <c>cond_fn</c> (Dhariwal and Nichol
/// 2021, section 4). Steps that are guided (<c>GuidedPlan</c>) read it.
/// </summary>
/// <param name="input">Noisy images, their timesteps and labels, as the network is called with them.</param>
/// <param name="gradient">Receives the gradient, [N, C, H, W] in C order.</param>
public delegate void ConditionGradient(DenoiserInput input, Span<float> gradient);
