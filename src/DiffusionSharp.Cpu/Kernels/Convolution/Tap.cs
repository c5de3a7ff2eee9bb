namespace DiffusionSharp.Cpu.Kernels.Convolution;

/// <summary>A place of a kernel and the input it meets.</summary>
/// <param name="Index">Among the weights' taps.</param>
/// <param name="Y">Rows from the output's place in the input to the pixel met.</param>
/// <param name="X">Columns.</param>
internal readonly record struct Tap(int Index, int Y, int X);
