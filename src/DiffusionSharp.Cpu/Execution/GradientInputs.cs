namespace DiffusionSharp.Cpu.Execution;

/// <summary>The caller's memory of a scalar's gradients.</summary>
/// <param name="cotangent">That of the prediction, [N, C', H, W].</param>
/// <param name="x">To which that of the images is added, [N, C, H, W].</param>
/// <param name="timesteps">To which that of the timesteps is added, [N].</param>
internal readonly unsafe struct GradientInputs(float* cotangent, float* x, double* timesteps)
{
    public float* Cotangent => cotangent;

    public float* X => x;

    public double* Timesteps => timesteps;
}
