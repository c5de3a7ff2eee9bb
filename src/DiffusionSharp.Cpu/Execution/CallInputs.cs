namespace DiffusionSharp.Cpu.Execution;

/// <summary>The caller's memory during a call.</summary>
/// <param name="x">Images, [N, C, H, W].</param>
/// <param name="timesteps">Of each condition.</param>
/// <param name="labels">Of each condition.</param>
/// <param name="prediction">Receives the result, [N, C', H, W].</param>
internal readonly unsafe struct CallInputs(float* x, double* timesteps, int* labels, float* prediction)
{
    public float* X => x;

    public double* Timesteps => timesteps;

    public int* Labels => labels;

    public float* Prediction => prediction;
}
